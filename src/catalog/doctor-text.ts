/**
 * The texts of doctor.mjs: the whole one, and that of an image that cannot be a node of a tailnet. Import them only where they are needed: they are
 * larger than the rest of what a run reads.
 */
export { networkText as networkDoctorText, text as doctorText } from "virtual:doctor";
