// All built-ins by name. Several families may know a name; the first whose arguments fit takes the call.
import type { Builtin, BuiltinTable } from "./builtin.ts";
import { CONTAINERS } from "./containers.ts";
import { LOGIC } from "./logic.ts";
import { NUMBERS } from "./numbers.ts";
import { SCALARS } from "./scalars.ts";
import { STRINGS } from "./strings.ts";
import { TENSORS } from "./tensors.ts";

const FAMILIES: readonly BuiltinTable[] = [NUMBERS, SCALARS, LOGIC, CONTAINERS, STRINGS, TENSORS];

const byName = new Map<string, Builtin[]>();
for (const family of FAMILIES) {
  for (const [name, builtin] of Object.entries(family)) {
    byName.set(name, [...(byName.get(name) ?? []), builtin]);
  }
}

/** The built-ins that go by a name. */
export function builtinsOf(name: string): readonly Builtin[] {
  return byName.get(name) ?? [];
}
