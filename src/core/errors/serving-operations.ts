// What goes wrong in running a server: who may change it, how much it takes, what it logs, and replaying that.
import type { ErrorRow } from "./row.ts";

export const SERVING_OPERATION_ERRORS = {
  // Calls that change something.
  ADMIN_ELSEWHERE: {
    exit: 1,
    http: 403,
    grpc: 7,
    text: "{method} changes what is served and is not served on this port; call the port that --admin_port opens, or start the server with --admin_on_serving_ports",
  },
  ADMIN_TOKEN: {
    exit: 1,
    http: 401,
    grpc: 16,
    text: "the request carries no valid token; send the header 'authorization: Bearer TOKEN' with a line of the server's --admin_token_file",
  },
  ADMIN_FROM_A_PAGE: {
    exit: 1,
    http: 403,
    grpc: 7,
    text: "the request comes from a web page (it has the header 'origin'), which may not change what is served; start the server with --admin_token_file and send a token",
  },
  ADMIN_TOKEN_FILE: {
    exit: 2,
    http: 500,
    grpc: 3,
    text: "{file}: holds no token, or one that is too short; write one a line, each at least {characters} characters without blanks, such as those of: openssl rand -hex 32",
  },
  ADMIN_WITHOUT_TOKEN: {
    exit: 2,
    http: 500,
    grpc: 3,
    text: "--admin_host {host}: other machines reach it, and there is no token to tell who calls; give --admin_token_file, or an address of loopback",
  },
  ADMIN_BODY: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "{path}: the body is not what is wanted ({reason}); send {wanted}",
  },
  ADMIN_NO_SUCH_CALL: {
    exit: 1,
    http: 404,
    grpc: 12,
    text: "{method} {path}: there is no such call; docs/operations.md lists them",
  },

  // How much is taken.
  TOO_MANY_REQUESTS: {
    exit: 1,
    http: 429,
    grpc: 8,
    text: "{limit} requests are in flight, which is all that this server takes at once (--max_requests_in_flight); try again, or ask another one",
  },
  REQUEST_STALLED: {
    exit: 1,
    http: 408,
    grpc: 4,
    text: "nothing of the request came for {milliseconds} ms (--receive_idle_timeout_ms); send it without pauses",
  },

  // Several threads.
  WORKERS_UNSUPPORTED: {
    exit: 2,
    http: 500,
    grpc: 12,
    text: "--workers {workers}: connections cannot be handed to other threads on {platform}; leave the flag out",
  },
  WORKERS_ENDED: {
    exit: 1,
    http: 503,
    grpc: 14,
    text: "workers ended by a fault {count} times within {seconds} s, the last one with: {reason}; look into the log, and start the server again",
  },
  MODEL_ON_ONE_THREAD: {
    exit: 1,
    http: 503,
    grpc: 12,
    text: "{servable}: its engine runs it on one thread only; start the server with --workers 1",
  },

  // Replaying a log.
  REPLAY_ADDRESS: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: "{address}: is no server's address; give host:port or grpc://host:port for gRPC, http://host:port for REST",
  },
  REPLAY_LOG: {
    exit: 3,
    http: 400,
    grpc: 15,
    text: "{file}: record {record} cannot be read ({reason}); give a TFRecord file of PredictionLog messages",
  },
  REPLAY_EMPTY: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: holds no request; log some with torchferry serve --request_log_prefix",
  },
  REPLAY_UNANSWERED: {
    exit: 1,
    http: 503,
    grpc: 14,
    text: "{address}: answered none of {count} requests; look whether it runs there and serves the models of the log",
  },
  REPLAY_DIFFERS: {
    exit: 5,
    http: 500,
    grpc: 13,
    text: "{file}: the answers to {count} of {total} requests differ from {reference}",
  },

  // What is logged.
  REQUEST_LOG_TYPE: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: "Model {model}: log_collector_config.type '{type}' is not known; leave it out, or write tfrecord",
  },
  REQUEST_LOG_PREFIX: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: "Model {model}: logging_config has a sampling rate and no log_collector_config.filename_prefix; name one, such as /var/log/requests",
  },
  REQUEST_LOG_RATE: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: "Model {model}: sampling_config.sampling_rate is {rate}; it is a share of the requests, from 0 to 1",
  },
} as const satisfies Record<string, ErrorRow>;
