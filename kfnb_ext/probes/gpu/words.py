"""What a person reads where NVML gives a bit, or nothing.

Rule: a reason is a sentence that says what could be done, or that nothing can.
"""

NONSENSE = "The driver, or a hook in front of it, answers with an impossible figure."
MIG_NO_COUNTER = (
    "A GPU that is cut into slices has no utilisation counter; before Hopper no slice has."
)
OF_SLICES = "Each slice has its own; the GPU that they are cut from has none."
NO_GPM = "This GPU does not measure what runs on it; GPUs from Hopper on do."
TWO_READINGS = "It needs two readings; the next one has it."
CUT_ANEW = "The GPU was cut anew since the last reading; the next one has it."
UNIFIED = "The GPU uses the pod's own memory and has none of its own."
NOT_ASKED = "It takes the driver 20 ms for each question, so it is read only when asked for."
HOST_PIDS = "This driver names processes by the node's numbers: whose they are cannot be told."
NOT_OURS = "The driver lists processes there that this user may not look into."
PID_NAMESPACE = (
    "The drivers 535.113 to 560 report no memory of processes in a pod; from 565 on they do."
)
UTILISATION_PIDS = "Before driver 570.86 the work of a process cannot be told from a pod."
NO_SAMPLE = "The driver has measured no work of this process lately."
NOT_LISTED = "It keeps the GPU open, but the driver does not list it."
RESERVE_UNKNOWN = "This driver does not tell what it keeps for itself."
OTHERS_UNKNOWN = "What this pod's own processes hold is not known, so neither is the rest."
USED_UNKNOWN = "What is used of all of it is not known, so neither is what others hold."
COHERENT = "Memory of this GPU stays taken after a process has ended: whose it is cannot be told."
WATCHED_SOON = "Errors are watched from the second reading on."

# nvml.h, nvmlClocksEventReasons. 1 is "idle": that is no reason to worry.
THROTTLING = {
    2: "clocks set by the administrator",
    4: "power limit reached",
    8: "slowed down by the hardware (heat or power)",
    16: "held to the pace of other GPUs",
    32: "too hot",
    64: "too hot (slowed down by the hardware)",
    128: "power brake of the server",
    256: "clocks set by the display",
    512: "limit of the board",
    1024: "reliability limit",
}


def throttling(bits: int) -> tuple[str, ...]:
    """The reasons for which clocks are held down."""
    return tuple(text for bit, text in THROTTLING.items() if bits & bit)
