"""cgroup trees of pods and laptops: files as the kernel writes them, figures of our own."""

GIB = 1 << 30
NO_LIMIT_V1 = "9223372036854771712\n"
MEMINFO = {
    "meminfo": "MemTotal:       24684096 kB\nMemFree:        23596156 kB\n"
    "SwapCached:            0 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\n"
}
SWAPPING = {"meminfo": "MemTotal:       24684096 kB\nSwapTotal:       8388608 kB\n"}
NODE_MEMORY = 24684096 * 1024
CPU_STAT = "usage_usec {usage}\nuser_usec 1\nsystem_usec 2\n"
THROTTLED = "nr_periods {periods}\nnr_throttled {throttled}\nthrottled_usec 9\n"

# PSI as the kernel writes it (kernel/sched/psi.c); v1 has none for a cgroup.
PRESSURE = (
    "some avg10=12.50 avg60=3.00 avg300=0.10 total=90125\n"
    "full avg10=1.25 avg60=0.50 avg300=0.00 total=1200\n"
)
WAITS = ("memory_pressure", "cpu_pressure", "io_pressure")

# A container of Kubernetes on cgroup v2: its own cgroup is the root of what it sees.
POD_V2 = {
    "cgroup.controllers": "cpuset cpu io memory hugetlb pids rdma misc\n",
    "cgroup.type": "domain\n",
    "memory.max": f"{8 * GIB}\n",
    "memory.current": f"{3 * GIB}\n",
    "memory.stat": f"anon {GIB}\nfile {2 * GIB}\nshmem 4096\ninactive_anon 5\n"
    f"active_file 7\ninactive_file {GIB}\nactive_anon 9\n",
    "memory.events": "low 0\nhigh 0\nmax 12\noom 2\noom_kill 2\noom_group_kill 0\n",
    "cpu.max": "250000 100000\n",
    "cpu.stat": CPU_STAT.format(usage=5_000_000) + THROTTLED.format(periods=100, throttled=10),
    "pids.current": "37\n",
    "pids.max": "1024\n",
    "memory.peak": f"{5 * GIB}\n",
    "memory.high": "max\n",
    "memory.swap.current": "0\n",
    "memory.swap.max": "0\n",
    "memory.pressure": PRESSURE,
    "cpu.pressure": PRESSURE.partition("full")[0],  # as kernels before 5.13 write it
    "io.pressure": PRESSURE,
}

# The same on cgroup v1: each controller's own folder is bound to where the container sees it.
POD_V1 = {
    "memory/memory.limit_in_bytes": f"{8 * GIB}\n",
    "memory/memory.usage_in_bytes": f"{3 * GIB}\n",
    "memory/memory.max_usage_in_bytes": f"{5 * GIB}\n",
    "memory/memory.stat": f"cache 1\nshmem 1\ninactive_file 1\n"
    f"hierarchical_memory_limit {8 * GIB}\n"
    f"total_cache 2\ntotal_shmem 4096\ntotal_inactive_file {GIB}\n",
    "memory/memory.memsw.limit_in_bytes": NO_LIMIT_V1,
    "memory/memory.memsw.usage_in_bytes": f"{3 * GIB}\n",
    "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
    "cpu,cpuacct/cpu.cfs_quota_us": "250000\n",
    "cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    "cpu,cpuacct/cpu.stat": "nr_periods 100\nnr_throttled 10\nthrottled_time 9\n",
    "cpu,cpuacct/cpuacct.usage": "5000000000\n",
    "pids/pids.current": "37\n",
    "pids/pids.max": "1024\n",
}
CTR = "/kubepods/burstable/pod0b8c/5f3a"
CGROUP_V1 = f"12:pids:{CTR}\n8:cpu,cpuacct:{CTR}\n4:memory:{CTR}\n1:name=systemd:{CTR}\n0::/\n"

# A laptop under systemd: the limits are set above the cgroup that we live in.
SLICE = "user.slice/user-1000.slice"
SCOPE = f"{SLICE}/session-2.scope"
LAPTOP_V2 = {
    "cgroup.controllers": "cpuset cpu io memory pids\n",
    "cpu.stat": CPU_STAT.format(usage=999),
    f"{SLICE}/cgroup.type": "domain\n",
    f"{SLICE}/memory.max": f"{4 * GIB}\n",
    f"{SLICE}/memory.current": f"{3 * GIB}\n",
    f"{SLICE}/cpu.max": "150000 100000\n",
    f"{SLICE}/cpu.stat": CPU_STAT.format(usage=9) + THROTTLED.format(periods=4, throttled=2),
    f"{SLICE}/pids.max": "500\n",
    f"{SCOPE}/cgroup.type": "domain\n",
    f"{SCOPE}/memory.max": "max\n",
    f"{SCOPE}/memory.current": f"{GIB}\n",
    f"{SCOPE}/memory.stat": "inactive_file 1000\nshmem 0\n",
    f"{SCOPE}/memory.events": "oom_kill 0\n",
    f"{SCOPE}/cpu.max": "max 100000\n",
    f"{SCOPE}/cpu.stat": CPU_STAT.format(usage=5),
    f"{SCOPE}/pids.current": "12\n",
    f"{SCOPE}/pids.max": "max\n",
}
