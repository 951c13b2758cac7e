"""Run one command and print what it cost: exit code, wall seconds, CPU seconds, peak mebibytes.

    python -I -S benchmarks/launch.py SECONDS OUTPUT COMMAND...

A process of its own that imports next to nothing, because the system counts the memory of whoever starts a process
into the peak of that process: nothing below what this file needs (8 MiB) can be seen. CPU seconds are those of the
process and of all it waited for; the peak is that of the largest one of them. What the command writes goes to OUTPUT,
its errors to those of this process. After SECONDS the whole process group is ended, and the exit code is -9."""

import os
import signal
import sys
import time


def main() -> None:
    """Run the command of the command line."""
    seconds, output, *command = sys.argv[1:]
    null = os.open(os.devnull, os.O_RDONLY)
    to = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    actions = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, to, 1)]
    pid = 0

    def end(number: int, frame: object) -> None:
        os.killpg(pid, signal.SIGKILL)

    signal.signal(signal.SIGALRM, end)
    start = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions, setpgroup=0)
    signal.setitimer(signal.ITIMER_REAL, float(seconds))
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    cpu = usage.ru_utime + usage.ru_stime
    print(os.waitstatus_to_exitcode(status), wall, cpu, usage.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
