/** The URL of a store as it may be shown: without the password of its user. */
export function maskStoreUrl(url: string): string {
  // up to the last @: a password that should have been percent-encoded may hold one
  return url.replace(/\/\/([^:/?]*):.*@/s, '//$1:***@');
}
