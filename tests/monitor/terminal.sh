#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The terminal: raw while the guest has it, as it was after every end.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { echo "SKIP: no python3"; exit 77; }
ENGINE=hello "$top_builddir/tests/unit/broker" run -t none guest.elf </dev/null >out 2>err
grep -q AddressSanitizer err && { echo "SKIP: AddressSanitizer's shadow lies where guests live"; exit 77; }
exec python3 - "$top_builddir/tests/unit/broker" <<'END'
import os, pty, select, signal, sys, termios, time
broker, failed = sys.argv[1], 0

def check(name, good):
    global failed
    print("ok  " if good else "FAIL", name)
    failed |= not good

def start(engine, *options):
    pid, fd = pty.fork()
    if not pid:
        os.environ["ENGINE"] = engine
        os.execv(broker, [broker, "run", "-t", "none", *options, "guest.elf"])
    return pid, fd

def lflag(fd):
    return termios.tcgetattr(fd)[3] & (termios.ECHO | termios.ICANON | termios.ISIG)

def wait_for(test, seconds=60):
    end = time.time() + seconds
    while time.time() < end:
        if test():
            return True
        time.sleep(0.02)
    return False

def comes(fd, wanted, seconds=60):
    """Is (wanted) among what comes next?"""
    data = b""
    while wanted not in data and select.select([fd], [], [], seconds)[0]:
        try:
            more = os.read(fd, 4096)
        except OSError:
            break
        if not more:
            break
        data += more
    return wanted in data

def ended(pid, seconds=60):
    box = []
    def done():
        p, st = os.waitpid(pid, os.WNOHANG)
        box[:] = [st] if p else []
        return bool(p)
    return box[0] if wait_for(done, seconds) else None

# Keys go to the guest one by one, Ctrl-C too; Ctrl-A x gives the terminal back.
pid, fd = start("echo")
cooked = termios.ECHO | termios.ICANON | termios.ISIG
check("raw while it runs", wait_for(lambda: lflag(fd) == 0))
os.write(fd, b"k\x03\x1a")
check("keys, Ctrl-C and Ctrl-Z reach the guest", comes(fd, b"k\x03\x1a"))
os.write(fd, b"\x01x")
check("Ctrl-A x says so", comes(fd, b"ended by Ctrl-A x"))
check("terminal as before", wait_for(lambda: lflag(fd) == cooked))
check("status 0", ended(pid) == 0)

for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGABRT):
    pid, fd = start("idle")
    wait_for(lambda: lflag(fd) == 0)
    os.kill(pid, sig)
    check("terminal as before after %s" % sig.name, wait_for(lambda: lflag(fd) == cooked))
    check("ended", ended(pid) is not None)

# Stopped from outside: the terminal is the shell's meanwhile.
pid, fd = start("echo")
wait_for(lambda: lflag(fd) == 0)
os.kill(pid, signal.SIGTSTP)
check("stopped", wait_for(lambda: os.waitpid(pid, os.WNOHANG | os.WUNTRACED)[0] == pid))
check("terminal as before while stopped", lflag(fd) == cooked)
os.kill(pid, signal.SIGCONT)
check("raw again", wait_for(lambda: lflag(fd) == 0))
os.write(fd, b"q.")
check("and the guest goes on", comes(fd, b"q"))
check("ended", ended(pid) == 0)
check("terminal as before", lflag(fd) == cooked)
sys.exit(failed)
END
