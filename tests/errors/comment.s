	cli
/* open
