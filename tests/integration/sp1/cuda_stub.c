/* Enough of the CUDA runtime for the real sp1-gpu-server to start, listen and read requests where there is no device.
 * Preloaded, it stands before libcudart. Nothing is computed: kernels do nothing, device memory is host memory. */
#include <stdlib.h>
#include <string.h>

#define OK 0
/* The server is built for per-thread default streams: the same calls, with another ending. */
#define BOTH(name, parameters, body) \
    int name parameters body         \
    int name##_ptsz parameters body  \
    int name##_ptds parameters body

int cudaGetDevice(int *device) { *device = 0; return OK; }
int cudaGetDeviceCount(int *count) { *count = 0; return OK; }
int cudaSetDevice(int device) { (void)device; return OK; }
int cudaDeviceSynchronize(void) { return OK; }
int cudaGetLastError(void) { return OK; }
int cudaPeekAtLastError(void) { return OK; }
int cudaDeviceGetAttribute(int *value, int attribute, int device) { (void)attribute; (void)device; *value = 132; return OK; }
int cudaDeviceGetDefaultMemPool(void **pool, int device) { (void)device; *pool = pool; return OK; }
int cudaDeviceGetMemPool(void **pool, int device) { (void)device; *pool = pool; return OK; }
int cudaMemPoolSetAttribute(void *pool, int attribute, void *value) { (void)pool; (void)attribute; (void)value; return OK; }
int cudaMemGetInfo(size_t *free_bytes, size_t *total) { *free_bytes = *total = (size_t)80 << 30; return OK; }

int cudaStreamCreateWithFlags(void **stream, unsigned flags) { (void)flags; *stream = malloc(1); return OK; }
int cudaStreamDestroy(void *stream) { free(stream); return OK; }
BOTH(cudaStreamQuery, (void *stream), { (void)stream; return OK; })
BOTH(cudaStreamSynchronize, (void *stream), { (void)stream; return OK; })
BOTH(cudaStreamWaitEvent, (void *stream, void *event, unsigned flags), { (void)stream; (void)event; (void)flags; return OK; })
int cudaEventCreateWithFlags(void **event, unsigned flags) { (void)flags; *event = malloc(1); return OK; }
int cudaEventDestroy(void *event) { free(event); return OK; }
int cudaEventQuery(void *event) { (void)event; return OK; }
int cudaEventSynchronize(void *event) { (void)event; return OK; }
BOTH(cudaEventRecord, (void *event, void *stream), { (void)event; (void)stream; return OK; })

int cudaMalloc(void **place, size_t size) { *place = malloc(size); return OK; }
int cudaFree(void *place) { free(place); return OK; }
int cudaMallocHost(void **place, size_t size) { *place = malloc(size); return OK; }
int cudaFreeHost(void *place) { free(place); return OK; }
int cudaHostRegister(void *place, size_t size, unsigned flags) { (void)place; (void)size; (void)flags; return OK; }
int cudaHostUnregister(void *place) { (void)place; return OK; }
BOTH(cudaMallocAsync, (void **place, size_t size, void *stream), { (void)stream; *place = malloc(size); return OK; })
BOTH(cudaFreeAsync, (void *place, void *stream), { (void)stream; free(place); return OK; })
BOTH(cudaMemcpy, (void *to, const void *from, size_t size, int kind), { (void)kind; memmove(to, from, size); return OK; })
BOTH(cudaMemcpyAsync, (void *to, const void *from, size_t size, int kind, void *stream), { (void)kind; (void)stream; memmove(to, from, size); return OK; })
BOTH(cudaMemset, (void *place, int value, size_t size), { memset(place, value, size); return OK; })
BOTH(cudaMemsetAsync, (void *place, int value, size_t size, void *stream), { (void)stream; memset(place, value, size); return OK; })
BOTH(cudaLaunchHostFunc, (void *stream, void (*function)(void *), void *data), { (void)stream; function(data); return OK; })

struct extent { unsigned x, y, z; };
#define LAUNCH (const void *kernel, struct extent grid, struct extent block, void **arguments, size_t shared, void *stream)
#define NOTHING { (void)kernel; (void)grid; (void)block; (void)arguments; (void)shared; (void)stream; return OK; }
BOTH(cudaLaunchKernel, LAUNCH, NOTHING)
BOTH(__cudaLaunchKernel, LAUNCH, NOTHING)
BOTH(cudaLaunchCooperativeKernel, LAUNCH, NOTHING)
int __cudaGetKernel(void **kernel, const void *function) { (void)function; *kernel = kernel; return OK; }
int cudaFuncSetAttribute(const void *function, int attribute, int value) { (void)function; (void)attribute; (void)value; return OK; }
int cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *blocks, const void *function, int threads, size_t shared, unsigned flags)
{ (void)function; (void)threads; (void)shared; (void)flags; *blocks = 1; return OK; }
int cudaGetSymbolAddress(void **place, const void *symbol) { (void)symbol; *place = calloc(1, 1 << 20); return OK; }
BOTH(cudaMemcpyToSymbolAsync, (const void *symbol, const void *from, size_t size, size_t offset, int kind, void *stream),
     { (void)symbol; (void)from; (void)size; (void)offset; (void)kind; (void)stream; return OK; })
