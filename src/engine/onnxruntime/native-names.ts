// Names of inputs and outputs as C strings at addresses that stay.
import { addressOf } from "../native/foreign-functions.ts";

export class NativeNames {
  private readonly known = new Map<string, { readonly bytes: Uint8Array; readonly address: bigint }>();

  /** The address of the name, zero-terminated UTF-8, valid as long as this object is. */
  address(name: string): bigint {
    let entry = this.known.get(name);
    if (!entry) {
      const text = new TextEncoder().encode(name);
      const bytes = new Uint8Array(new ArrayBuffer(text.byteLength + 1));
      bytes.set(text);
      entry = { bytes, address: addressOf(bytes) };
      this.known.set(name, entry);
    }
    return entry.address;
  }
}
