/* What a whole GPU, and in part a slice, tells of itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake.h"

/* A question whose answer is one number of the state. */
#define ASKED(question, key, usual, type)                      \
    int nvmlDeviceGet##question(void *handle, type *out) {     \
        int code = ready_for(handle, #question);               \
        if (!code && slot_of(handle) >= 0) return NOT_SUPPORTED; \
        if (!code) *out = (type)of(handle, key, usual);        \
        return code;                                           \
    }
ASKED(PowerUsage, "power", 71000, unsigned)
ASKED(EnforcedPowerLimit, "power_limit", 700000, unsigned)
ASKED(MinorNumber, "minor", (ull)gpu_of(handle), unsigned)
ASKED(CurrentClocksEventReasons, "throttle", 0, ull)
ASKED(CurrentClocksThrottleReasons, "throttle", 0, ull)
ASKED(TotalEnergyConsumption, "energy", now_us() / 1000 * 71, ull)

int nvmlDeviceGetTemperature(void *handle, int sensor, unsigned *out) {
    int code = ready_for(handle, "Temperature");
    (void)sensor;
    if (!code) *out = (unsigned)of(handle, "temp", 41);
    return code;
}
int nvmlDeviceGetClockInfo(void *handle, int which, unsigned *out) {
    int code = ready_for(handle, "ClockInfo");
    if (!code) *out = (unsigned)of(handle, which == 2 ? "memory_clock" : "sm_clock", 1980);
    return code;
}
int nvmlDeviceGetTotalEccErrors(void *handle, int kind, int counter, ull *out) {
    int code = ready_for(handle, "TotalEccErrors");
    (void)kind, (void)counter;
    if (!code && sliced(handle)) return NOT_SUPPORTED;
    if (!code) *out = of(handle, "ecc", 0);
    return code;
}
int nvmlDeviceGetAddressingMode(void *handle, unsigned *out) {
    int code = ready_for(handle, "AddressingMode");
    if (!code) out[1] = (unsigned)number("addressing", 0);
    return code;
}
int nvmlDeviceGetPcieThroughput(void *handle, int counter, unsigned *out) {
    int code = ready_for(handle, "PcieThroughput");
    ull ms = number("pcie_ms", 0);
    if (ms) usleep((useconds_t)ms * 1000);
    if (!code) *out = (unsigned)of(handle, counter ? "pcie_rx" : "pcie_tx", 1024); /* KB/s */
    return code;
}
int nvmlDeviceGetUUID(void *handle, char *out, unsigned n) {
    char usual[80];
    int code = ready_for(handle, "UUID");
    if (slot_of(handle) < 0) snprintf(usual, sizeof usual, "GPU-0000%ld", gpu_of(handle));
    else snprintf(usual, sizeof usual, "MIG-0000%ld-%ld", gpu_of(handle), slot_of(handle));
    if (!code) text_of(handle, "uuid", usual, out, n);
    return code;
}
int nvmlDeviceGetName(void *handle, char *out, unsigned n) {
    char profile[80], usual[160];
    int code = ready_for(handle, "Name");
    if (code) return code;
    text_of(handle_of(gpu_of(handle), -1), "name", "NVIDIA Fake 80GB", usual, sizeof usual);
    if (slot_of(handle) >= 0) {
        text_of(handle, "profile", "1g.10gb", profile, sizeof profile);
        snprintf(usual + strlen(usual), 60, " MIG %.50s", profile);
    }
    snprintf(out, n, "%s", usual);
    return OK;
}

static int hidden(void *handle) { return sliced(handle) && number("noperm_parent", 0); }

static int memory(void *handle, const char *question, memory_v2 *out) {
    int code = ready_for(handle, question);
    int slice = slot_of(handle) >= 0;
    if (!code && hidden(handle)) return NO_PERMISSION;
    if (!code && number("uma", 0)) return NOT_SUPPORTED;
    if (code) return code;
    out->total = of(handle, "total", slice ? 10737418240ULL : 85899345920ULL);
    out->used = of(handle, "used", slice ? 12582912ULL : 632291328ULL);
    out->reserved = of(handle, "reserved", 0);
    out->free = out->total - out->used;
    return OK;
}
int nvmlDeviceGetMemoryInfo(void *handle, memory_v1 *out) {
    memory_v2 now;
    int code = memory(handle, "MemoryInfo", &now);
    if (!code) out->total = now.total, out->free = now.free, out->used = now.used;
    return code;
}
#ifndef OLD
int nvmlDeviceGetMemoryInfo_v2(void *handle, memory_v2 *out) {
    int code = memory(handle, "MemoryInfo_v2", out);
    if (!code) code = (int)number("err.MemoryInfo", OK);
    return code;
}
#endif
int nvmlDeviceGetUtilizationRates(void *handle, rates *out) {
    int code = ready_for(handle, "UtilizationRates");
    if (!code && (slot_of(handle) >= 0 || sliced(handle))) return NOT_SUPPORTED;
    if (code) return code;
    out->gpu = (unsigned)of(handle, "util", 37);
    out->memory = 12;
    return OK;
}

/* "pid:figure,pid:figure" into numbers; their count. */
static unsigned pairs(void *handle, const char *name, ull (*out)[2], unsigned room) {
    char value[4096], *at = value, *end;
    unsigned n = 0;
    if (!text_of(handle, name, "", value, sizeof value)) return 0;
    while (n < room && *at) {
        out[n][0] = strtoull(at, &end, 10);
        out[n][1] = *end == ':' ? strtoull(end + 1, &end, 10) : 0;
        at = *end == ',' ? end + 1 : end;
        n++;
    }
    return n;
}
static int processes(void *handle, unsigned *n, process *out) {
    ull found[256][2];
    int code = ready_for(handle, "ComputeRunningProcesses");
    unsigned there;
    if (!code && hidden(handle)) return NO_PERMISSION;
    if (code) return code;
    there = pairs(handle, "pids", found, 256);
    if (there > *n) { *n = there; return INSUFFICIENT_SIZE; }
    for (unsigned i = 0; i < there; i++) {
        process one = {(unsigned)found[i][0], found[i][1], ~0U, ~0U};
        out[i] = one;
    }
    *n = there;
    return OK;
}
#ifndef OLD
int nvmlDeviceGetComputeRunningProcesses_v3(void *handle, unsigned *n, process *out) {
    return processes(handle, n, out);
}
#endif
int nvmlDeviceGetComputeRunningProcesses_v2(void *handle, unsigned *n, process *out) {
    return processes(handle, n, out);
}
int nvmlDeviceGetProcessUtilization(void *handle, process_rates *out, unsigned *n, ull since) {
    ull found[256][2];
    int code = ready_for(handle, "ProcessUtilization");
    unsigned there;
    (void)since;
    if (!code && (slot_of(handle) >= 0 || sliced(handle))) return NOT_SUPPORTED;
    if (code) return code;
    there = pairs(handle, "utilpid", found, 256);
    if (!there) return NOT_FOUND;
    if (!out || there > *n) { *n = there; return INSUFFICIENT_SIZE; }
    for (unsigned i = 0; i < there; i++) {
        process_rates one = {(unsigned)found[i][0], now_us(), (unsigned)found[i][1], 1, 0, 0};
        out[i] = one;
    }
    *n = there;
    return OK;
}
