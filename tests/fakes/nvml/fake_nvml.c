/* A libnvidia-ml.so.1 without a GPU: it answers what a state file says.
 *
 * Rule: every call reads the file anew, so a test can lose a GPU between two calls. The file is
 * $FAKE_NVML_STATE, lines of key=value; opening and closing is noted in $FAKE_NVML_LOG. Without a
 * file all is as the defaults below say, and costs nothing: that is for measuring.
 *
 *   gpus=2  driver=575.57.08  nvml=12.575.57  init_err=18  call_err=999  lost_gpu=0  delay_us=500
 *   0.name=  0.uuid=  0.total=  0.used=  0.util=  0.temp=  0.power=  0.mig=
 *   err.PowerUsage=3 (one question of every GPU)
 *
 * Return codes and layouts are those of NVIDIA's public header nvml.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define OK 0
#define UNINITIALIZED 1
#define INVALID_ARGUMENT 2
#define NOT_SUPPORTED 3
#define GPU_IS_LOST 15

typedef unsigned long long ull;
typedef struct { ull total, free, used; } memory_v1;
typedef struct { unsigned version; ull total, reserved, free, used; } memory_v2;
typedef struct { unsigned gpu, memory; } rates;

static int opened = 0;
static pid_t opener = 0;

static int find(const char *key, char *value, size_t room) {
    char line[512];
    size_t length = strlen(key);
    int found = 0;
    const char *path = getenv("FAKE_NVML_STATE");
    FILE *file = path ? fopen(path, "r") : NULL;
    while (file && !found && fgets(line, sizeof line, file)) {
        if (strncmp(line, key, length) || line[length] != '=') continue;
        line[strcspn(line, "\n")] = 0;
        snprintf(value, room, "%s", line + length + 1);
        found = 1;
    }
    if (file) fclose(file);
    return found;
}

static ull number(const char *key, ull otherwise) {
    char value[64];
    return find(key, value, sizeof value) ? strtoull(value, NULL, 10) : otherwise;
}

static void note(const char *event) {
    const char *path = getenv("FAKE_NVML_LOG");
    FILE *file = path ? fopen(path, "a") : NULL;
    if (!file) return;
    fprintf(file, "%s %d\n", event, (int)getpid());
    fclose(file);
}

/* A child of fork has what its parent had opened, and may not use it. */
static int ready(void) {
    useconds_t delay = (useconds_t)number("delay_us", 0);
    if (delay) usleep(delay); /* usleep(0) takes 50 us */
    if (!opened || opener != getpid()) return UNINITIALIZED;
    return (int)number("call_err", OK);
}

static long index_of(void *handle) { return (long)handle - 1; }

static int ready_for(void *handle, const char *question) {
    char key[64];
    int code = ready();
    if (code) return code;
    if ((ull)index_of(handle) == number("lost_gpu", ~0ULL)) return GPU_IS_LOST;
    snprintf(key, sizeof key, "err.%s", question);
    return (int)number(key, OK);
}

static ull of(void *handle, const char *name, ull otherwise) {
    char key[64];
    snprintf(key, sizeof key, "%ld.%s", index_of(handle), name);
    return number(key, otherwise);
}

static void text_of(void *handle, const char *name, const char *otherwise, char *out, unsigned n) {
    char key[64], value[256];
    snprintf(key, sizeof key, "%ld.%s", index_of(handle), name);
    snprintf(out, n, "%s", find(key, value, sizeof value) ? value : otherwise);
}

int nvmlInitWithFlags(unsigned flags) {
    int code = (int)number("init_err", OK);
    (void)flags;
    note(code ? "refused" : "init");
    if (code) return code;
    if (opener != getpid()) opened = 0;
    opener = getpid();
    opened++;
    return OK;
}
int nvmlInit_v2(void) { return nvmlInitWithFlags(0); }
int nvmlShutdown(void) {
    note("shutdown");
    if (!opened || opener != getpid()) return UNINITIALIZED;
    opened--;
    return OK;
}
const char *nvmlErrorString(int code) { (void)code; return "as the fake was told"; }

int nvmlSystemGetDriverVersion(char *out, unsigned n) {
    char value[80];
    int code = ready();
    if (!code) snprintf(out, n, "%s", find("driver", value, sizeof value) ? value : "575.57.08");
    return code;
}
int nvmlSystemGetNVMLVersion(char *out, unsigned n) {
    char value[80];
    int code = ready();
    if (!code) snprintf(out, n, "%s", find("nvml", value, sizeof value) ? value : "12.575.57.08");
    return code;
}
int nvmlDeviceGetCount_v2(unsigned *out) {
    int code = ready();
    if (!code) *out = (unsigned)number("gpus", 1);
    return code;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **out) {
    int code = ready();
    if (code) return code;
    if (index >= number("gpus", 1)) return INVALID_ARGUMENT;
    *out = (void *)(long)(index + 1);
    return ready_for(*out, "Handle");
}
int nvmlDeviceGetUUID(void *handle, char *out, unsigned n) {
    char otherwise[80];
    int code = ready_for(handle, "UUID");
    snprintf(otherwise, sizeof otherwise, "GPU-0000%ld", index_of(handle));
    if (!code) text_of(handle, "uuid", otherwise, out, n);
    return code;
}
int nvmlDeviceGetName(void *handle, char *out, unsigned n) {
    int code = ready_for(handle, "Name");
    if (!code) text_of(handle, "name", "NVIDIA Fake 80GB", out, n);
    return code;
}
int nvmlDeviceGetMemoryInfo(void *handle, memory_v1 *out) {
    int code = ready_for(handle, "MemoryInfo");
    if (code) return code;
    out->total = of(handle, "total", 85899345920ULL);
    out->used = of(handle, "used", 632291328ULL);
    out->free = out->total - out->used;
    return OK;
}
int nvmlDeviceGetMemoryInfo_v2(void *handle, memory_v2 *out) {
    memory_v1 old;
    int code = ready_for(handle, "MemoryInfo_v2");
    if (!code) code = nvmlDeviceGetMemoryInfo(handle, &old);
    if (code) return code;
    out->total = old.total, out->used = old.used, out->free = old.free, out->reserved = 0;
    return OK;
}
int nvmlDeviceGetUtilizationRates(void *handle, rates *out) {
    int code = ready_for(handle, "UtilizationRates");
    if (code) return code;
    out->gpu = (unsigned)of(handle, "util", 37);
    out->memory = 12;
    return OK;
}
int nvmlDeviceGetTemperature(void *handle, int sensor, unsigned *out) {
    int code = ready_for(handle, "Temperature");
    (void)sensor;
    if (!code) *out = (unsigned)of(handle, "temp", 41);
    return code;
}
int nvmlDeviceGetPowerUsage(void *handle, unsigned *out) {
    int code = ready_for(handle, "PowerUsage");
    if (!code) *out = (unsigned)of(handle, "power", 71000);
    return code;
}
int nvmlDeviceGetMigMode(void *handle, unsigned *current, unsigned *pending) {
    int code = ready_for(handle, "MigMode");
    ull mode = of(handle, "mig", 2);
    if (!code && mode == 2) return NOT_SUPPORTED;
    if (!code) *current = *pending = (unsigned)mode;
    return code;
}
