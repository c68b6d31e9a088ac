/* Slices, their activity (GPM), and the events of a whole GPU. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

int sliced(void *handle) { return slot_of(handle) < 0 && of(handle, "mig", 2) == 1; }

int slot_is_there(long gpu, long slot) {
    char value[256], *at = value;
    void *whole = handle_of(gpu, -1);
    if (!sliced(whole) || slot < 0 || slot >= (long)of(whole, "mig_slots", 7)) return 0;
    if (!text_of(whole, "mig_present", "", value, sizeof value)) return 1;
    while (*at) {
        if (strtol(at, &at, 10) == slot) return 1;
        if (*at) at++;
    }
    return 0;
}

int nvmlDeviceGetMigMode(void *handle, unsigned *current, unsigned *pending) {
    int code = ready_for(handle, "MigMode");
    ull mode = of(handle, "mig", 2);
    if (!code && mode == 2) return NOT_SUPPORTED;
    if (!code) *current = *pending = (unsigned)mode;
    return code;
}
int nvmlDeviceGetMaxMigDeviceCount(void *handle, unsigned *out) {
    int code = ready_for(handle, "MaxMigDeviceCount");
    if (!code) *out = sliced(handle) ? (unsigned)of(handle, "mig_slots", 7) : 0;
    return code;
}
int nvmlDeviceGetMigDeviceHandleByIndex(void *handle, unsigned index, void **out) {
    int code = ready_for(handle, "MigDeviceHandle");
    if (code) return code;
    if (!slot_is_there(gpu_of(handle), index)) return index % 2 ? NOT_FOUND : INVALID_ARGUMENT;
    *out = handle_of(gpu_of(handle), index);
    return OK;
}
int nvmlDeviceGetGpuInstanceId(void *handle, unsigned *out) {
    int code = ready_for(handle, "GpuInstanceId");
    if (!code && slot_of(handle) < 0) return NOT_SUPPORTED;
    if (!code) *out = (unsigned)of(handle, "gi", (ull)slot_of(handle) + 7);
    return code;
}
int nvmlDeviceGetComputeInstanceId(void *handle, unsigned *out) {
    int code = ready_for(handle, "ComputeInstanceId");
    if (!code && slot_of(handle) < 0) return NOT_SUPPORTED;
    if (!code) *out = (unsigned)of(handle, "ci", 0);
    return code;
}
int nvmlDeviceGetAttributes_v2(void *handle, attributes *out) {
    int code = ready_for(handle, "Attributes");
    if (!code && slot_of(handle) < 0) return NOT_SUPPORTED;
    if (code) return code;
    memset(out, 0, sizeof *out);
    out->sms = (unsigned)of(handle, "sms", 16);
    out->gi_slices = (unsigned)of(handle, "gi_slices", 1);
    out->ci_slices = (unsigned)of(handle, "ci_slices", 1);
    out->memory_mb = of(handle, "total", 10737418240ULL) >> 20;
    return OK;
}

/* Samples and sets of events that were given and not given back: fake_held(). */
static int held = 0;
int fake_held(void) { return held; }

/* GPM: a sample is a moment of one GPU instance. */
typedef struct { ull at; long gpu, gi; } sample;
typedef struct {
    unsigned id;
    int code;
    double value;
    const char *short_name, *long_name, *unit;
} metric;
typedef struct {
    unsigned version, n;
    sample *one, *two;
    metric metrics[]; /* as many as the caller's version of the header has */
} metrics;

int nvmlGpmQueryDeviceSupport(void *handle, unsigned *out) {
    int code = ready_for(handle, "GpmSupport");
    if (!code) out[1] = (unsigned)number("gpm", 0);
    return code;
}
int nvmlGpmSampleAlloc(sample **out) {
    int code = ready("GpmSampleAlloc");
    if (!code) *out = calloc(1, sizeof **out), held++;
    return code;
}
int nvmlGpmSampleFree(sample *one) {
    free(one), held--;
    return OK;
}
static int sampled(void *handle, long gi, sample *out) {
    int code = ready_for(handle, "GpmSample");
    if (!code) code = (int)number("gpm_err", OK);
    if (!code && !number("gpm", 0)) return NOT_SUPPORTED;
    if (!code) out->at = now_us(), out->gpu = gpu_of(handle), out->gi = gi;
    return code;
}
int nvmlGpmSampleGet(void *handle, sample *out) { return sampled(handle, slot_of(handle), out); }
int nvmlGpmMigSampleGet(void *handle, unsigned gi, sample *out) { return sampled(handle, gi, out); }

int nvmlGpmMetricsGet(metrics *m) {
    int code = ready("GpmMetrics");
    if (code) return code;
    if (m->one->gpu != m->two->gpu || m->one->gi != m->two->gi) return INVALID_ARGUMENT;
    if (m->two->at < m->one->at + number("gpm_gap_us", 100000)) return INVALID_ARGUMENT;
    for (unsigned i = 0; i < m->n; i++) {
        char key[32];
        snprintf(key, sizeof key, "gpm.%u", m->metrics[i].id);
        m->metrics[i].code = number(key, 1) == 1000 ? NOT_SUPPORTED : OK;
        m->metrics[i].value = (double)number(key, number("gpm_sm", 33));
    }
    return OK;
}

/* Events: one Xid for each GPU that was registered, whenever the state names another. */
typedef struct { void *device; ull type, data; unsigned gi, ci; } event;
static ull seen[64];
static int registered[64];
int nvmlEventSetCreate(void **out) {
    int code = ready("EventSet");
    if (!code) *out = memset(registered, 0, sizeof registered), held++;
    return code;
}
int nvmlEventSetFree(void *set) {
    (void)set, held--;
    return OK;
}
int nvmlDeviceRegisterEvents(void *handle, ull types, void *set) {
    int code = ready_for(handle, "RegisterEvents");
    (void)types, (void)set;
    if (!code && gpu_of(handle) < 64) registered[gpu_of(handle)] = 1;
    return code;
}
int nvmlEventSetWait_v2(void *set, event *out, unsigned ms) {
    int code = ready("EventSetWait");
    (void)set, (void)ms;
    for (long gpu = 0; !code && gpu < (long)number("gpus", 1) && gpu < 64; gpu++) {
        ull xid = of(handle_of(gpu, -1), "xid", 0);
        if (xid == seen[gpu] || !registered[gpu]) continue;
        seen[gpu] = xid;
        if (!xid) continue;
        out->device = handle_of(gpu, -1), out->type = 8, out->data = xid;
        return OK;
    }
    return code ? code : TIMEOUT;
}
