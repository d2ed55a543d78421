/** The text of doctor.mjs. Import it only where it is needed: it is larger than the rest of what a run reads. */
export { text as doctorText } from "virtual:doctor";
