/**
 * The texts of doctor.mjs: the complete one, and one for images that cannot be a tailnet node. Import them only where they are needed: they are
 * larger than everything else that a run reads.
 */
export { networkText as networkDoctorText, text as doctorText } from "virtual:doctor";
