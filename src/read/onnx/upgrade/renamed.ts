// Changes of names and defaults: the operator does what it did.
import { string } from "../../../graph/attribute.ts";
import { changed, stringOf, type Upgrade } from "./upgrade.ts";

export const SCATTER_11: Upgrade = {
  ops: ["Scatter"],
  since: 11,
  apply: (draft) => ({ ...draft, op: "ScatterElements" }),
};

/** The modes took the names that Resize has for them. */
export const GRID_SAMPLE_20: Upgrade = {
  ops: ["GridSample"],
  since: 20,
  apply(draft) {
    const mode = stringOf(draft, "mode", "bilinear");
    const names: Readonly<Record<string, string>> = { bilinear: "linear", bicubic: "cubic" };
    return { ...draft, attributes: changed(draft, [], { mode: string(names[mode] ?? mode) }) };
  },
};

/** Boxes were not moved by half a pixel before one could choose. */
export const ROI_ALIGN_16: Upgrade = {
  ops: ["RoiAlign"],
  since: 16,
  apply: (draft) => ({
    ...draft,
    attributes: changed(draft, [], { coordinate_transformation_mode: string("output_half_pixel") }),
  }),
};

/** Which outputs there are says what `output_sequence` said. */
export const RECURRENT_7: Upgrade = {
  ops: ["RNN", "GRU", "LSTM"],
  since: 7,
  apply: (draft) => ({ ...draft, attributes: changed(draft, ["output_sequence"]) }),
};

/** In opset 8 a scan ran over each element of a batch. */
export const SCAN_9: Upgrade = {
  ops: ["Scan"],
  since: 9,
  apply: () => "runs over each element of a batch",
};
