// y = 2x + 1 for onnxruntime, as the operator TwicePlusOne of the domain `ferry`, without onnxruntime's header: Python's
// and npm's packages ship none. Only what is used of its C API is declared, by place in the table `OrtApi`.
// Source: https://onnxruntime.ai/docs/api/c/struct_ort_api.html and struct_ort_custom_op.html, API version 14.
#include <stddef.h>
#include <stdint.h>

typedef void* Status;  // NULL is success
typedef const void* const* Api;

enum { FLOAT = 1, REQUIRED = 0, API_VERSION = 14, STRUCT_VERSION = 10 };

// Places in OrtApi.
enum {
  CREATE_CUSTOM_OP_DOMAIN = 26,
  CUSTOM_OP_DOMAIN_ADD = 27,
  ADD_CUSTOM_OP_DOMAIN = 28,
  GET_TENSOR_MUTABLE_DATA = 51,
  GET_DIMENSIONS_COUNT = 61,
  GET_DIMENSIONS = 62,
  GET_TENSOR_SHAPE_ELEMENT_COUNT = 64,
  GET_TENSOR_TYPE_AND_SHAPE = 65,
  KERNEL_CONTEXT_GET_INPUT = 90,
  KERNEL_CONTEXT_GET_OUTPUT = 91,
  RELEASE_TENSOR_TYPE_AND_SHAPE_INFO = 99,
};

typedef struct CustomOp {
  uint32_t version;
  void* (*create_kernel)(const struct CustomOp*, Api, const void* info);
  const char* (*name)(const struct CustomOp*);
  const char* (*execution_provider)(const struct CustomOp*);
  int (*input_type)(const struct CustomOp*, size_t);
  size_t (*input_count)(const struct CustomOp*);
  int (*output_type)(const struct CustomOp*, size_t);
  size_t (*output_count)(const struct CustomOp*);
  void (*compute)(void* kernel, void* context);
  void (*destroy_kernel)(void* kernel);
  int (*input_characteristic)(const struct CustomOp*, size_t);
  int (*output_characteristic)(const struct CustomOp*, size_t);
} CustomOp;

static Api api;

static void* create_kernel(const CustomOp* op, Api given, const void* info) { return (void*)op; }
static void destroy_kernel(void* kernel) {}
static const char* name(const CustomOp* op) { return "TwicePlusOne"; }
static const char* provider(const CustomOp* op) { return NULL; }
static int float_type(const CustomOp* op, size_t index) { return FLOAT; }
static size_t one(const CustomOp* op) { return 1; }
static int required(const CustomOp* op, size_t index) { return REQUIRED; }

static void compute(void* kernel, void* context) {
  const void* x;
  void *y, *shape, *from, *to;
  int64_t sizes[8];
  size_t rank, count;
  ((Status(*)(const void*, size_t, const void**))api[KERNEL_CONTEXT_GET_INPUT])(context, 0, &x);
  ((Status(*)(const void*, void**))api[GET_TENSOR_TYPE_AND_SHAPE])(x, &shape);
  ((Status(*)(const void*, size_t*))api[GET_DIMENSIONS_COUNT])(shape, &rank);
  ((Status(*)(const void*, int64_t*, size_t))api[GET_DIMENSIONS])(shape, sizes, rank);
  ((Status(*)(const void*, size_t*))api[GET_TENSOR_SHAPE_ELEMENT_COUNT])(shape, &count);
  ((void (*)(void*))api[RELEASE_TENSOR_TYPE_AND_SHAPE_INFO])(shape);
  ((Status(*)(void*, size_t, const int64_t*, size_t, void**))api[KERNEL_CONTEXT_GET_OUTPUT])(context, 0, sizes, rank, &y);
  ((Status(*)(const void*, void**))api[GET_TENSOR_MUTABLE_DATA])(x, &from);
  ((Status(*)(void*, void**))api[GET_TENSOR_MUTABLE_DATA])(y, &to);
  for (size_t i = 0; i < count; ++i) ((float*)to)[i] = 2 * ((float*)from)[i] + 1;
}

static CustomOp twice_plus_one = {STRUCT_VERSION, create_kernel,  name,     provider, float_type, one, float_type,
                                  one,            compute,        destroy_kernel, required, required};

Status RegisterCustomOps(void* options, const void* const* api_base) {
  static void* domain;  // onnxruntime refers to it as long as a session is open
  Status status;
  api = ((Api(*)(uint32_t))api_base[0])(API_VERSION);
  if (domain == NULL) {
    status = ((Status(*)(const char*, void**))api[CREATE_CUSTOM_OP_DOMAIN])("ferry", &domain);
    if (status != NULL) return status;
    status = ((Status(*)(void*, const void*))api[CUSTOM_OP_DOMAIN_ADD])(domain, &twice_plus_one);
    if (status != NULL) return status;
  }
  return ((Status(*)(void*, void*))api[ADD_CUSTOM_OP_DOMAIN])(options, domain);
}
