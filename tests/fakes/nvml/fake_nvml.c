/* A libnvidia-ml.so.1 without a GPU: it answers what a state file says.
 *
 * Rule: every call reads the file anew, so a test can lose a GPU between two calls. The file is
 * $FAKE_NVML_STATE, lines of key=value; opening and closing is noted in $FAKE_NVML_LOG, and the
 * number of calls stands in $FAKE_NVML_CALLS (8 bytes). $FAKE_NVML_FIXED: the file is read once
 * and a call costs nothing, which is for measuring.
 *
 *   gpus=2  driver=575.57.08  nvml=12.575.57  init_err=18  call_err=999  lost_gpu=0  delay_us=500
 *   err.PowerUsage=3  us.PowerUsage=40 (a question of every GPU: its error, its time)
 *   0.err.PowerUsage=3 (of one)
 *   0.name= uuid= total= used= reserved= util= temp= power= mig= minor= throttle= ecc= xid=
 *   0.pids=123:1048576,124:0  0.utilpid=123:50  (pid and bytes, pid and percent)
 *   0.mig=1  0.mig_slots=7  0.mig_present=3,5  noperm_parent=1
 *   0.3.profile=1g.5gb uuid= total= used= gi= ci= sms= pids=  (a slice, by its slot)
 *   gpm=1  gpm_err=4  gpm_sm=33  gpm_gap_us=100000  uma=1  addressing=2  pcie_ms=20
 *
 * Return codes and layouts are those of NVIDIA's public header nvml.h.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "fake.h"

static int opened = 0;
static pid_t opener = 0;
static __thread char text[16384];
static ull *calls = NULL;

/* The file may be written while it is read: a test then sees the old or the new answer. */
static void read_state(void) {
    static char *fixed = NULL;
    const char *path = getenv("FAKE_NVML_STATE");
    FILE *file;
    size_t length;
    if (fixed && getenv("FAKE_NVML_FIXED")) {
        if (!text[0]) strcpy(text, fixed);
        return;
    }
    file = path ? fopen(path, "r") : NULL;
    length = file ? fread(text + 1, 1, sizeof text - 2, file) : 0;
    text[0] = '\n', text[length + 1] = 0;
    if (file) fclose(file);
    if (!fixed) fixed = strdup(text);
}

int find(const char *key, char *value, size_t room) {
    size_t length = strlen(key);
    for (char *at = text; (at = strstr(at, key)) != NULL; at += length) {
        if (at[-1] != '\n' || at[length] != '=') continue;
        at += length + 1;
        snprintf(value, room, "%.*s", (int)strcspn(at, "\n"), at);
        return 1;
    }
    return 0;
}
ull number(const char *key, ull otherwise) {
    char value[64];
    return find(key, value, sizeof value) ? strtoull(value, NULL, 10) : otherwise;
}

long gpu_of(void *handle) { return (long)handle % 1000 - 1; }
long slot_of(void *handle) { return (long)handle / 1000 - 1; }
void *handle_of(long gpu, long slot) { return (void *)(gpu + 1 + (slot + 1) * 1000); }

static void key_of(void *handle, const char *name, char *key, size_t n) {
    if (slot_of(handle) < 0) snprintf(key, n, "%ld.%s", gpu_of(handle), name);
    else snprintf(key, n, "%ld.%ld.%s", gpu_of(handle), slot_of(handle), name);
}
ull of(void *handle, const char *name, ull otherwise) {
    char key[64];
    key_of(handle, name, key, sizeof key);
    return number(key, otherwise);
}
int text_of(void *handle, const char *name, const char *otherwise, char *out, unsigned n) {
    char key[64], value[4096];
    int found;
    key_of(handle, name, key, sizeof key);
    found = find(key, value, sizeof value);
    snprintf(out, n, "%s", found ? value : otherwise);
    return found;
}

ull now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (ull)now.tv_sec * 1000000 + (ull)now.tv_nsec / 1000;
}
static void take(ull us) {
    ull until = now_us() + us;
    if (us > 300) usleep((useconds_t)(us - 100)); /* usleep(0) takes 50 us */
    while (now_us() < until) continue;
}

static void count(void) {
    const char *path = getenv("FAKE_NVML_CALLS");
    if (!calls) {
        int file = path ? open(path, O_RDWR | O_CREAT, 0600) : -1;
        void *page = MAP_FAILED;
        if (file >= 0 && !ftruncate(file, 8))
            page = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (file >= 0) close(file);
        calls = page == MAP_FAILED ? calloc(1, sizeof *calls) : page;
    }
    __atomic_add_fetch(calls, 1, __ATOMIC_RELAXED);
}

/* A child of fork has what its parent had opened, and may not use it. */
int ready(const char *question) {
    char key[64];
    ull us;
    read_state();
    count();
    snprintf(key, sizeof key, "us.%s", question);
    us = number(key, 0) + number("delay_us", 0);
    if (us) take(us);
    if (!opened || opener != getpid()) return UNINITIALIZED;
    return (int)number("call_err", OK);
}
int ready_for(void *handle, const char *question) {
    char key[64];
    int code = ready(question);
    if (code) return code;
    if ((ull)gpu_of(handle) == number("lost_gpu", ~0ULL)) return GPU_IS_LOST;
    if (slot_of(handle) >= 0 && !slot_is_there(gpu_of(handle), slot_of(handle)))
        return INVALID_ARGUMENT; /* cut anew since */
    snprintf(key, sizeof key, "err.%s", question);
    return (int)of(handle, key, number(key, OK));
}

static void note(const char *event) {
    const char *path = getenv("FAKE_NVML_LOG");
    FILE *file = path ? fopen(path, "a") : NULL;
    if (!file) return;
    fprintf(file, "%s %d\n", event, (int)getpid());
    fclose(file);
}
int nvmlInitWithFlags(unsigned flags) {
    int code;
    (void)flags;
    read_state();
    code = (int)number("init_err", OK);
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

static int version(const char *question, const char *key, const char *usual, char *out, unsigned n) {
    char value[80];
    int code = ready(question);
    if (!code) snprintf(out, n, "%s", find(key, value, sizeof value) ? value : usual);
    return code;
}
int nvmlSystemGetDriverVersion(char *out, unsigned n) {
    return version("DriverVersion", "driver", "575.57.08", out, n);
}
int nvmlSystemGetNVMLVersion(char *out, unsigned n) {
    return version("NVMLVersion", "nvml", "12.575.57.08", out, n);
}
int nvmlDeviceGetCount_v2(unsigned *out) {
    int code = ready("Count");
    if (!code) *out = (unsigned)number("gpus", 1);
    return code;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **out) {
    int code = ready("Handle");
    if (code) return code;
    if (index >= number("gpus", 1)) return INVALID_ARGUMENT;
    *out = handle_of(index, -1);
    return ready_for(*out, "Handle");
}
