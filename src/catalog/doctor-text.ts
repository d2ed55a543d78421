/**
 * The texts of doctor.mjs: the whole one, that of an image that takes the network as it is, and that of one where `auto` has no daemon to start. Import
 * them only where they are needed: they are larger than the rest of what a run reads.
 */
export {
  given as givenDoctorText,
  network as networkDoctorText,
  whole as doctorText,
  wholeSum as doctorSum,
} from "virtual:doctor";
