"""How much memory a child has had at most, in words for the child itself."""

# getrusage would count what the process was that became the child, so the whole of pytest:
# https://man7.org/linux/man-pages/man2/getrusage.2.html has nothing of it, https://docs.kernel.org/filesystems/proc.html has VmHWM.
PEAK_MIB = """
def peak_mib():
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) // 1024
    except OSError:
        import resource, sys
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 * (1024 if sys.platform == "darwin" else 1))
"""
