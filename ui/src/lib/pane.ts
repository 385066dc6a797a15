/** As low and as high as a pane below a list may be, in pixels. */
export const PANE = { least: 160, most: 900 };
