// Weights of archives up to torch 2.8: one torch.save archive for the state, one for the constants, within the archive.
// Layouts: data/weights/NAME.pt and data/constants/NAME.pt (2.8); serialized_state_dict.pt and serialized_constants.pt
// (before; up to 2.2 they are called .json and are torch.save archives all the same).
import { entriesOf, type PickleValue } from "../../bytes/pickle/values.ts";
import { FerryError, Problem, problem } from "../../core/errors.ts";
import { tensorRecord } from "../torch-save/tensor-record.ts";
import { readTorchSave } from "../torch-save/torch-save.ts";
import type { Pt2Archive } from "./archive.ts";
import type { WeightLookup } from "./raw-weights.ts";

/** The weights of this part of the archive; undefined if it has no such file. Throws what is wrong with the file. */
export function pickledWeights(archive: Pt2Archive, part: "weights" | "constants"): WeightLookup | undefined {
  const legacy = part === "weights" ? "serialized_state_dict" : "serialized_constants";
  const names = [`${archive.root}data/${part}/${archive.model}.pt`, `${legacy}.pt`, `${legacy}.json`];
  const entry = names.map((name) => archive.entries.get(name)).find((found) => found !== undefined);
  if (!entry || entry.size === 0) return undefined;
  const source = entry.source();
  if (source instanceof Problem) throw new FerryError([source]);
  const saved = readTorchSave(source);
  if (saved instanceof Problem) throw new FerryError([saved]);
  const table = new Map<PickleValue, PickleValue>(entriesOf(saved.value) ?? []);
  return (name) => {
    const value = table.get(name);
    if (value === undefined) return undefined;
    const missing = (found: string) =>
      problem("PT2_WEIGHT_MISSING", { file: archive.file.name, weight: name, found });
    const record = tensorRecord(value);
    if (!record) return missing("is kept as an object that is no plain tensor");
    const tensor = saved.tensorOf(record);
    return typeof tensor === "string" ? missing(`it ${tensor}`) : tensor;
  };
}
