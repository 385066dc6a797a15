import "react";

declare module "react" {
  interface CSSProperties {
    /** Where a slider stands. */
    "--at"?: string;
    /** Width of the side bar. */
    "--side"?: string;
    /** Width of the inspector. */
    "--inspector"?: string;
    /** Least height of the prompt box. */
    "--least"?: string;
  }
}
