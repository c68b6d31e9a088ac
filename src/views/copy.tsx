/** A button that copies a text, also on a page that is served without TLS, as many clusters do. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

export interface CopyProps {
  text: string;
  /** What is copied, for those who hear the button. */
  label?: string;
  trans: TranslationBundle;
}

export function Copy({ text, label, trans }: CopyProps): JSX.Element {
  const [copied, setCopied] = React.useState(false);
  const copy = (): void => {
    void toClipboard(text).then(setCopied);
  };
  return (
    <button type="button" className="kfnb-Button" onClick={copy} aria-label={label}>
      {copied ? trans.__('Copied') : trans.__('Copy')}
    </button>
  );
}

async function toClipboard(text: string): Promise<boolean> {
  // Without TLS there is no `clipboard`, whatever its type says.
  const { clipboard } = navigator as { clipboard?: Clipboard };
  if (clipboard) {
    return clipboard.writeText(text).then(
      () => true,
      () => byHand(text)
    );
  }
  return byHand(text);
}

function byHand(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'kfnb-sr-only';
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  return done;
}
