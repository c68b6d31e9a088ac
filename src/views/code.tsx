/** A sentence of the server, in which `backticks` mark what is code. Never HTML: only text. */
import * as React from 'react';

export function Words({ text }: { text: string }): JSX.Element {
  // Every second part stood between backticks; a single one is left as it is.
  const parts = text.split(/`([^`]+)`/);
  return <>{parts.map((part, i) => (i % 2 ? <code key={i}>{part}</code> : part))}</>;
}
