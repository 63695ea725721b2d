// Names of a TensorBundle's data files. Source: tensorflow/core/util/tensor_bundle/naming.cc

/** Such as `variables/variables.data-00000-of-00002`: file `shard`, counted from 0, of `count`. */
export function shardName(prefix: string, shard: number, count: number): string {
  const place = (part: number): string => String(part).padStart(5, "0");
  return `${prefix}.data-${place(shard)}-of-${place(count)}`;
}
