// What a JSON parser may do of one piece in one turn of the event loop, in steps of some 200 nanoseconds.
// Not here: how many pieces a turn may bring (text-turns.ts).

/** About 200 microseconds. */
export const MAX_TURN_STEPS = 1024;
/** A value that is reported by itself takes so many. */
export const SCALAR_STEPS = 4;
/** Of numbers that are stored unreported, and of bytes of strings, so many are a step. */
export const NUMBERS_A_STEP = 32;
export const STRING_BYTES_A_STEP = 64;
export const MAX_STRING_BYTES_AT_ONCE = 8 * 1024;
