/** `a Patient`, `an Observation`, `a uri`: names of types in texts for people. */
export function withArticle(name: string): string {
  // these begin as `you` does
  const isVowel = /^[aeio]|^u(?!ri|rl|uid|nsigned|sage)/i.test(name);
  return `${isVowel ? 'an' : 'a'} ${name}`;
}
