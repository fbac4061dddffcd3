#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The HTML report in a browser: its script runs without an error, the table sorts,
# the flame graph zooms, it is dark where the reader wants that, and it asks for
# nothing from outside.
: "${top_builddir:=$PWD}" "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
aftermon=$top_builddir/monitor/aftermon
browser=$(command -v chromium || command -v chromium-browser) || {
	echo "SKIP: no chromium here (Debian package chromium)"; exit 77; }
command -v python3 >/dev/null || { echo "SKIP: no python3"; exit 77; }
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
failed=0
ok() { echo "ok   $*"; }
bad() { echo "FAIL $*"; failed=1; }

# chrome OPTION... FILE: for a while, in a profile of its own
chrome() {
	HOME=$work timeout 120 "$browser" --headless --no-sandbox --disable-gpu \
		--disable-dev-shm-usage --user-data-dir="$work/chrome" \
		--virtual-time-budget=5000 --window-size=1300,1600 "$@" 2>>chrome.err
}

echo '<p>hello' >hello.html
chrome --dump-dom "file://$work/hello.html" >hello.dom
grep -q hello hello.dom || { echo "SKIP: chromium does not start here: $(tail -n 1 chrome.err)"; exit 77; }

"$top_srcdir/bench/report.d/make-profile" 300 p.prof || exit 99
"$aftermon" report p.prof --format html -o r.html || { bad "report"; exit 1; }
grep -q 'src=\|href=\|@import\|url(' r.html && bad "it names other files" || ok "it names no other file"

# The page drives itself: what was clicked and what came of it goes into its title.
python3 - <<'END'
page = open("r.html").read()
drive = """<script>
var log = [];
window.onerror = function (e) { document.title = 'ERROR ' + e };
function column(n) { return Array.from(document.querySelectorAll('#places tbody tr')).map(function (r) { return r.cells[n].textContent }) }
function rising(a) { return a.every(function (v, i) { return !i || +a[i - 1] <= +v }) }
function falling(a) { return a.every(function (v, i) { return !i || +a[i - 1] >= +v }) }
window.onload = function () {
	var th = document.querySelectorAll('#places th'), boxes = document.querySelectorAll('#flame i');
	log.push('rows ' + column(0).length);
	th[2].click(); log.push('down ' + falling(column(2)));
	th[2].click(); log.push('up ' + rising(column(2)));
	log.push('boxes ' + (boxes.length > 100));
	var box = Array.from(boxes).find(function (b) { return b.dataset.d == '2' });
	box.click();
	log.push('zoom ' + (box.style.left == '0%' && box.style.width == '100%'));
	log.push('hidden ' + Array.from(boxes).some(function (b) { return b.style.display == 'none' }));
	boxes[0].click();
	log.push('back ' + Array.from(boxes).every(function (b) { return b.style.display != 'none' }));
	log.push('spans ' + document.querySelectorAll('#timeline g').length);
	document.title = log.join(', ');
};
</script>"""
open("driven.html", "w").write(page.replace("</body>", drive + "</body>"))
END
chrome --dump-dom "file://$work/driven.html" | sed -n 's/.*<title>\(.*\)<\/title>.*/\1/p' | head -n 1 >title
want='rows 300, down true, up true, boxes true, zoom true, hidden true, back true, spans 10'
[ "$(cat title)" = "$want" ] && ok "it sorts and zooms" || { bad "it sorts and zooms"; cat title chrome.err; }

# Light and dark: the corner of the picture is the page's background.
chrome --screenshot=light.png "file://$work/r.html"
chrome --force-dark-mode --enable-features=WebContentsForceDark --blink-settings=preferredColorScheme=0 \
	--screenshot=dark.png "file://$work/r.html"
python3 - <<'END' && ok "light and dark" || bad "light and dark"
import struct, zlib
def corner(path):
    data, at, idat = open(path, "rb").read(), 8, b""
    while at < len(data):
        n, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IHDR":
            w, h, depth, colour = struct.unpack(">IIBB", data[at + 8:at + 18])
        if kind == b"IDAT":
            idat += data[at + 8:at + 8 + n]
        at += 12 + n
    assert depth == 8 and colour in (2, 6) and (w, h) == (1300, 1600), (depth, colour, w, h)
    first = zlib.decompress(idat)[:4]	# filter of the first row, then a pixel
    return sum(first[1:4]) / 3
light, dark = corner("light.png"), corner("dark.png")
print("     background: light %d, dark %d" % (light, dark))
assert light > 200 and dark < 60
END
exit $failed
