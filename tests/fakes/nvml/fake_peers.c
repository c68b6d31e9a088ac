/* What other programs ask and we do not, so that a comparison with them is fair. */
#include <stdio.h>
#include <string.h>

#include "fake.h"

#define NUMBER(question, value)                                   \
    int nvmlDeviceGet##question(void *handle, unsigned *out) {    \
        int code = ready_for(handle, #question);                  \
        if (!code) *out = (value);                                \
        return code;                                              \
    }
#define PAIR(question, one, two)                                                \
    int nvmlDeviceGet##question(void *handle, unsigned *first, unsigned *second) { \
        int code = ready_for(handle, #question);                                \
        if (!code) *first = (one), *second = (two);                             \
        return code;                                                            \
    }
#define REFUSED(question) \
    int nvmlDeviceGet##question(void *handle) { (void)handle; return NOT_SUPPORTED; }

NUMBER(ComputeMode, 0)
NUMBER(DisplayActive, 0)
NUMBER(DisplayMode, 0)
NUMBER(PersistenceMode, 1)
NUMBER(PerformanceState, 0)
NUMBER(PowerManagementLimit, 700000)
NUMBER(MaxPcieLinkGeneration, 5)
NUMBER(MaxPcieLinkWidth, 16)
PAIR(EncoderUtilization, 0, 167000)
PAIR(DecoderUtilization, 0, 167000)
PAIR(CudaComputeCapability, 9, 0)
REFUSED(FanSpeed)
REFUSED(DriverModel)
REFUSED(DriverModel_v2)
REFUSED(NvLinkVersion)

int nvmlDeviceGetMaxClockInfo(void *handle, int which, unsigned *out) {
    int code = ready_for(handle, "MaxClockInfo");
    (void)which;
    if (!code) *out = 1980;
    return code;
}
int nvmlDeviceGetBAR1MemoryInfo(void *handle, memory_v1 *out) {
    int code = ready_for(handle, "BAR1MemoryInfo");
    if (!code) out->total = 1ULL << 37, out->used = 1 << 20, out->free = out->total - out->used;
    return code;
}
int nvmlDeviceGetGraphicsRunningProcesses_v3(void *handle, unsigned *n, process *out) {
    int code = ready_for(handle, "GraphicsRunningProcesses");
    (void)out;
    *n = 0;
    return code;
}
typedef struct {
    char legacy[16];
    unsigned domain, bus, device, id, subsystem;
    char bus_id[32];
} pci;
int nvmlDeviceGetPciInfo_v3(void *handle, pci *out) {
    int code = ready_for(handle, "PciInfo");
    if (code) return code;
    memset(out, 0, sizeof *out);
    out->bus = (unsigned)gpu_of(handle) + 1;
    snprintf(out->bus_id, sizeof out->bus_id, "00000000:%02X:00.0", out->bus);
    snprintf(out->legacy, sizeof out->legacy, "0000:%02X:00.0", out->bus);
    return OK;
}
