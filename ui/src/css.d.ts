import "react";

declare module "react" {
  interface CSSProperties {
    /** A model's hue: what `hueOf` gives. */
    "--m"?: string;
    /** Width of the side bar. */
    "--side"?: string;
    /** Least height of the prompt box. */
    "--least"?: string;
  }
}
