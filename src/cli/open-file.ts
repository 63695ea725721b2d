// Moved to files/.
export { openFile, siblingOpener } from "../files/open-file.ts";
