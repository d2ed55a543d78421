// The doctor of this version.
