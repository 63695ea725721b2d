// What a JSON parser may do in one turn of the event loop, in steps of some 200 nanoseconds.

/** About 200 microseconds. */
export const MAX_TURN_STEPS = 1024;
/** After a piece that took so many there is a turn, so that the next one seldom has to be kept for want of steps. */
export const DUE_TURN_STEPS = 320;
/** A value that is reported by itself takes so many. */
export const SCALAR_STEPS = 4;
/** Of numbers that are stored unreported, and of bytes of strings, so many are a step. */
export const NUMBERS_A_STEP = 32;
export const STRING_BYTES_A_STEP = 64;
export const MAX_STRING_BYTES_AT_ONCE = 8 * 1024;
