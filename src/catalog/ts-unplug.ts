/**
 * ts-unplug as a Go module: its last known commit (5711b25b9f94, February 2026), which `go install` checks against Go's checksum database. Its go.mod
 * asks for Go 1.26.
 */
export const tsUnplugModule = "github.com/tailscale/ts-plug/cmd/ts-unplug@v0.0.0-20260225211347-5711b25b9f94";

/** The image whose Go builds it in a separate stage; none of it reaches the final image. */
export const goImage = "golang:1.26-bookworm";
