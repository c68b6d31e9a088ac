/* What the parts of the fake share: the state file, handles, and the layouts of nvml.h. */
#ifndef FAKE_H
#define FAKE_H
#include <stddef.h>

#define OK 0
#define UNINITIALIZED 1
#define INVALID_ARGUMENT 2
#define NOT_SUPPORTED 3
#define NO_PERMISSION 4
#define NOT_FOUND 6
#define INSUFFICIENT_SIZE 7
#define TIMEOUT 10
#define GPU_IS_LOST 15

typedef unsigned long long ull;
typedef struct { ull total, free, used; } memory_v1;
typedef struct { unsigned version; ull total, reserved, free, used; } memory_v2;
typedef struct { unsigned gpu, memory; } rates;
typedef struct { unsigned pid; ull memory; unsigned gi, ci; } process;
typedef struct { unsigned pid; ull at; unsigned sm, memory, encoder, decoder; } process_rates;
typedef struct {
    unsigned sms, copy, decoders, encoders, jpeg, ofa, gi_slices, ci_slices;
    ull memory_mb;
} attributes;

/* Handles: GPU n is n+1, its MIG slot s adds (s+1)*1000. */
long gpu_of(void *handle);
long slot_of(void *handle); /* -1: a whole GPU */
void *handle_of(long gpu, long slot);

int find(const char *key, char *value, size_t room);
ull number(const char *key, ull otherwise);
/* "<gpu>.<name>", or for a slice "<gpu>.<slot>.<name>". */
ull of(void *handle, const char *name, ull otherwise);
int text_of(void *handle, const char *name, const char *otherwise, char *out, unsigned n);

int ready(const char *question);
int ready_for(void *handle, const char *question);
int sliced(void *handle); /* a whole GPU that is cut into slices */
int slot_is_there(long gpu, long slot);
ull now_us(void);
#endif
