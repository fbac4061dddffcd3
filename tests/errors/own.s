# Written by afterburner, note version 1.
	cli
