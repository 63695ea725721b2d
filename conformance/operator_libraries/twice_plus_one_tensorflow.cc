// y = 2x + 1 for TensorFlow: a library as TF_LoadLibrary takes it.
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/framework/shape_inference.h"

REGISTER_OP("FerryTwicePlusOne")
    .Input("x: float")
    .Output("y: float")
    .SetShapeFn([](tensorflow::shape_inference::InferenceContext* context) {
      context->set_output(0, context->input(0));
      return absl::OkStatus();
    });

class TwicePlusOne : public tensorflow::OpKernel {
 public:
  explicit TwicePlusOne(tensorflow::OpKernelConstruction* context) : OpKernel(context) {}

  void Compute(tensorflow::OpKernelContext* context) override {
    const tensorflow::Tensor& x = context->input(0);
    tensorflow::Tensor* y = nullptr;
    OP_REQUIRES_OK(context, context->allocate_output(0, x.shape(), &y));
    auto from = x.flat<float>();
    auto to = y->flat<float>();
    for (int i = 0; i < from.size(); ++i) to(i) = 2 * from(i) + 1;
  }
};

REGISTER_KERNEL_BUILDER(Name("FerryTwicePlusOne").Device(tensorflow::DEVICE_CPU), TwicePlusOne);
