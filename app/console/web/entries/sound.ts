// wavesurfer.js with what a call's page needs of it, loaded only there.
import WaveSurfer, { type WaveSurferOptions } from "wavesurfer.js";
import Regions from "wavesurfer.js/dist/plugins/regions.esm.js";
import Timeline from "wavesurfer.js/dist/plugins/timeline.esm.js";
import { nonce } from "../shared/page";

export { Regions, Timeline, WaveSurfer };

/** A waveform whose own styles the page's policy takes. */
export function wave(options: WaveSurferOptions): WaveSurfer {
  return WaveSurfer.create({ cspNonce: nonce(), ...options });
}
