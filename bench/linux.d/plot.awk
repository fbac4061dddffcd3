# SPDX-License-Identifier: GPL-3.0-or-later
# table.csv of bench/linux as an SVG: for each row the times of all places relative
# to the host's 64-bit ones, on a logarithmic scale.  awk -F, -f plot.awk table.csv
function x(v) { return left + (log(v) / log(10) + 1) * decade }
BEGIN {
	split("#4c72b0 #8fb0d9 #2a9d4f #8c6bb1 #dd8452 #c44e52", colour, " ")
	left = 130; decade = 110; bar = 8; top = 40
}
NR == 1 { for (i = 2; i <= NF; i++) place[i] = $i; n = NF - 1; next }
{ rows++; name[rows] = $1; for (i = 2; i <= NF; i++) value[rows, i] = $i }
END {
	step = n * bar + 10; height = top + rows * step + 30; width = left + 6 * decade
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\"", width + 20, height
	print " font-family=\"sans-serif\" font-size=\"11\">"
	print "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
	for (i = 1; i <= n; i++) {
		printf "<rect x=\"%d\" y=\"8\" width=\"10\" height=\"10\" fill=\"%s\"/>", left + (i - 1) * 95, colour[i]
		printf "<text x=\"%d\" y=\"17\">%s</text>\n", left + (i - 1) * 95 + 14, place[i + 1]
	}
	for (d = -1; d <= 5; d++) {
		printf "<line x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\" stroke=\"#ccc\"/>", x(10 ^ d), x(10 ^ d), top - 8, height - 24
		printf "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%gx</text>\n", x(10 ^ d), height - 10, 10 ^ d
	}
	for (r = 1; r <= rows; r++) {
		y = top + (r - 1) * step
		printf "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", left - 8, y + step / 2, name[r]
		for (i = 1; i <= n; i++) {
			v = value[r, i + 1]; host = value[r, 2]
			if (v <= 0 || host <= 0)
				continue
			# a rate is better when it is larger
			ratio = name[r] == "memcpy" ? host / v : v / host
			if (ratio < 0.1)
				ratio = 0.1
			if (ratio > 1e5)
				ratio = 1e5
			printf "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"><title>%s %s: %s (%.2f x)</title></rect>\n", left, y + (i - 1) * bar, x(ratio) - left + 1, bar - 1, colour[i], name[r], place[i + 1], v, ratio
		}
	}
	print "</svg>"
}
