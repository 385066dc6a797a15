/** Lets the editor's own style sheet past the page's policy. The shell makes a new one for each page. */
export function cspNonce(): string {
  return document.querySelector<HTMLMetaElement>("meta[property='csp-nonce']")?.nonce ?? "";
}
