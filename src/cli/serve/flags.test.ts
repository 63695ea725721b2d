import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { flagOptions, ignoredFlags, type ServeFlags, serveArguments } from "./flags.ts";

/** TensorFlow Serving 2.20's flags, by the order of its main.cc. */
const TENSORFLOW_SERVING =
  "port grpc_socket_path rest_api_port rest_api_num_threads rest_api_timeout_in_ms rest_api_enable_cors_support enable_batching allow_version_labels_for_unavailable_models batching_parameters_file enable_per_model_batching_parameters model_config_file model_config_file_poll_wait_seconds model_name model_base_path num_load_threads num_unload_threads max_num_load_retries load_retry_interval_micros file_system_poll_wait_seconds flush_filesystem_caches tensorflow_session_parallelism tensorflow_session_config_file tensorflow_intra_op_parallelism tensorflow_inter_op_parallelism use_alts_credentials ssl_config_file platform_config_file per_process_gpu_memory_fraction saved_model_tags grpc_channel_arguments grpc_max_threads enable_model_warmup num_request_iterations_for_warmup version monitoring_config_file remove_unused_fields_from_bundle_metagraph prefer_tflite_model num_tflite_pools num_tflite_interpreters_per_pool enable_signature_method_name_check xla_cpu_compilation_enabled xla_gpu_compilation_enabled enable_profiler thread_pool_factory_config_file mixed_precision skip_initialize_tpu enable_grpc_healthcheck_service enable_serialization_as_tensor_content".split(
    " ",
  );

function parse(...args: string[]): ServeFlags & { readonly target: string | undefined } {
  const command = new Command()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .argument("[model]");
  for (const option of flagOptions()) command.addOption(option);
  command.parse([...serveArguments(args).args], { from: "user" });
  return { ...command.opts<ServeFlags>(), target: command.args[0] };
}

describe("flags", () => {
  it("are all of TensorFlow Serving's", () => {
    const names = flagOptions().map((option) => option.long);
    expect(TENSORFLOW_SERVING.filter((name) => !names.includes(`--${name}`))).toEqual([]);
  });

  it("keep TensorFlow Serving's defaults", () => {
    expect(parse()).toMatchObject({
      port: 8500,
      file_system_poll_wait_seconds: 1,
      rest_api_timeout_in_ms: 30_000,
      max_num_load_retries: 5,
      load_retry_interval_micros: 60_000_000,
      model_config_file_poll_wait_seconds: 0,
      enable_batching: false,
      enable_model_warmup: true,
    });
  });

  it("take values after = and after a space, and the last of several", () => {
    const flags = parse(
      "--port=9000",
      "--rest_api_port",
      "8080",
      "--model_name=a",
      "--model_name=b",
      "--port=9001",
    );
    expect(flags).toMatchObject({ port: 9001, rest_api_port: 8080, model_name: "b" });
  });

  it("are true without a value, whatever stands behind", () => {
    expect(parse("--enable_batching", "models")).toMatchObject({ enable_batching: true, target: "models" });
    expect(parse("--enable_model_warmup=false")).toMatchObject({ enable_model_warmup: false });
    expect(() => parse("--enable_batching=1")).toThrow("true or false is wanted");
  });

  it("take negative numbers, and refuse what is none", () => {
    expect(parse("--file_system_poll_wait_seconds=-1", "--load_retry_interval_micros", "-5")).toMatchObject({
      file_system_poll_wait_seconds: -1,
      load_retry_interval_micros: -5,
    });
    expect(() => parse("--max_num_load_retries=many")).toThrow("A number is wanted");
    expect(() => parse("--max_num_load_retries=1.5")).toThrow("A whole number is wanted");
    expect(() => parse("--port=70000")).toThrow("A number from 0 to 65535");
  });

  it("take the Docker image's and the KServe runtime's command lines", () => {
    const docker = "--port=8500 --rest_api_port=8501 --model_name=resnet --model_base_path=/models/resnet";
    expect(parse(...docker.split(" "))).toMatchObject({
      port: 8500,
      rest_api_port: 8501,
      model_name: "resnet",
    });
    const kserve =
      "--model_name=flowers --port=9000 --rest_api_port=8080 --model_base_path=/mnt/models --rest_api_timeout_in_ms=60000";
    expect(parse(...kserve.split(" "))).toMatchObject({ port: 9000, rest_api_timeout_in_ms: 60_000 });
  });

  it("without an effect are told when they are given", () => {
    const flags = parse("--grpc_max_threads=8", "--enable_profiler=false", "--xla_cpu_compilation_enabled");
    expect(ignoredFlags(flags)).toEqual([
      "--grpc_max_threads has no effect: one event loop serves all connections",
      "--xla_cpu_compilation_enabled has no effect: there is no XLA",
      "--enable_profiler has no effect: there is no TensorFlow profiler",
    ]);
    expect(ignoredFlags(parse())).toEqual([]);
  });

  it("that are unknown are refused, but for --tf_serving_strict", () => {
    expect(() => parse("--model_nmae=a")).toThrow("unknown option '--model_nmae=a'");
    expect(serveArguments(["--model_nmae=a", "--tf_serving_strict", "--port=1"])).toEqual({
      args: ["--tf_serving_strict=true", "--port=1"],
      unknown: ["--model_nmae=a"],
    });
  });
});
