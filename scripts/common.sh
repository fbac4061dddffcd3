# SPDX-License-Identifier: GPL-3.0-or-later
# Shared by ./demo, ./run-tests and the examples: packages, build, progress.
# Source it; it sets nothing but functions and the variables named here:
#   top      the source tree          build   the build tree (default $top/_build)

top=$(cd "$(dirname "$0")" && pwd)
while [ ! -f "$top/configure.ac" ] && [ "$top" != / ]; do top=$(dirname "$top"); done
build=${BUILD:-$top/_build}
jobs=$(nproc 2>/dev/null || echo 2)

PACKAGES_BUILD="gcc libc6-dev binutils make autoconf automake pkg-config flex bison
	libpcre2-dev zlib1g-dev liblzma-dev libzydis-dev libdw-dev libxen-dev check"
PACKAGES_RUN="qemu-system-x86"
PACKAGES_TEST="gcc-multilib binutils-dev clang llvm libclang-rt-14-dev ccache gdb groff-base
	python3 procps util-linux xz-utils chromium"
PACKAGES_LINUX="linux-source-6.1 bc kmod cpio xz-utils rsync libelf-dev libssl-dev"
PACKAGES_ROOTFS="mmdebstrap arch-test e2fsprogs fakeroot uidmap"

if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then
	ab_bold=$(printf '\033[1m') ab_reset=$(printf '\033[0m')
else
	ab_bold= ab_reset=
fi

say() { printf '%s== %s%s\n' "$ab_bold" "$*" "$ab_reset" >&2; }
fail() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"
	elif command -v sudo >/dev/null; then sudo "$@"
	else fail "these need root, and there is no sudo: $*"
	fi
}

# install_packages NAME...: apt-get install what is not there yet.
install_packages() {
	local p log want=
	for p in "$@"; do
		case $(dpkg-query -W -f '${Status}' "$p" 2>/dev/null) in
		"install ok installed") ;;
		*) want="$want $p" ;;
		esac
	done
	[ -n "$want" ] || return 0
	command -v apt-get >/dev/null ||
		fail "this is not a Debian system; install by hand:$want"
	say "installing Debian packages:$want"
	log=$(mktemp) || fail "cannot make a temporary file"
	apt() {
		as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
			-o DPkg::Lock::Timeout=300 "$@"
	}
	# a package list that cannot be refreshed may still be good enough
	apt update >"$log" 2>&1 </dev/null || true
	apt --no-install-recommends install $want >>"$log" 2>&1 </dev/null || {
		tail -n 20 "$log" >&2
		rm -f "$log"
		fail "apt-get could not install:$want"
	}
	rm -f "$log"
}

# progress LOG COMMAND...: run it, output to LOG; show one moving line on a
# terminal, a line a minute elsewhere; on failure the log's end.  Where $progress_limit
# is set, a program that takes more seconds than that is ended, and has failed.
progress() {
	local log=$1 start now last=0; shift
	start=$(date +%s)
	${progress_limit:+timeout -k 30 "$progress_limit"} "$@" >"$log" 2>&1 & progress_pid=$!
	while kill -0 $progress_pid 2>/dev/null; do
		sleep 1
		now=$(($(date +%s) - start))
		if [ -t 2 ]; then
			printf '\r   %4d s, %s lines\033[K' $now "$(wc -l <"$log")" >&2
		elif [ $((now - last)) -ge 60 ]; then
			printf '   %d s, %s lines, the last: %.90s\n' $now "$(wc -l <"$log")" \
				"$(tail -n 1 "$log")" >&2
			last=$now
		fi
	done
	[ -t 2 ] && printf '\r\033[K' >&2
	if ! wait $progress_pid; then
		tail -n 30 "$log" >&2
		printf '(all of it: %s)\n' "$log" >&2
		return 1
	fi
}

# build_tree DIR CONFIGURE-ARG...: bootstrap, configure and make there.
build_tree() {
	local dir=$1; shift
	mkdir -p "$dir" || fail "cannot make $dir"
	if [ ! -x "$top/configure" ]; then
		say "bootstrap"
		progress "$dir/bootstrap.log" "$top/bootstrap" || fail "bootstrap failed"
	fi
	if [ ! -f "$dir/Makefile" ]; then
		say "configure"
		(cd "$dir" && progress configure.out "$top/configure" "$@") ||
			fail "configure failed"
	fi
	say "make"
	progress "$dir/make.log" make -C "$dir" -j"$jobs" || fail "make failed"
}
