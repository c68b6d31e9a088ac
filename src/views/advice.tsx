/** What to do about each trouble, with the patch to copy. A patch is applied after asking. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Advice } from '../contract';
import { Copy } from './copy';

export interface AdviceProps {
  advice: readonly Advice[];
  section: Advice['section'];
  trans: TranslationBundle;
  /** Applies its patch, after asking; undefined: it can only be copied. */
  fix?: ((advice: string) => void) | undefined;
}

/** The names of the style sheet. */
const COLOURS: Record<Advice['severity'], string> = {
  error: 'full',
  warning: 'high',
  info: 'info'
};

export function AdviceView({ advice, section, trans, fix }: AdviceProps): JSX.Element | null {
  const own = advice.filter(one => one.section === section);
  return own.length ? (
    <>
      {own.map(one => (
        <div
          key={one.id}
          className={`kfnb-Advice kfnb-Level kfnb-mod-${COLOURS[one.severity]}`}
          role={one.severity === 'error' ? 'alert' : undefined}
        >
          <p>
            <strong>{one.title}</strong>
          </p>
          <p>{one.text}</p>
          {one.patch && fix && appliable(one) ? (
            <button type="button" className="kfnb-Button" onClick={() => fix(one.id)}>
              {trans.__('Fix it…')}
            </button>
          ) : null}
          {one.patch ? <Patch patch={one.patch} title={one.title} trans={trans} /> : null}
        </div>
      ))}
    </>
  ) : null;
}

/** Claims are grown, and a claim to mount is named, by a person. */
function appliable({ section }: Advice): boolean {
  return section !== 'volumes';
}

interface PatchProps {
  patch: string;
  title: string;
  trans: TranslationBundle;
}

function Patch({ patch, title, trans }: PatchProps): JSX.Element {
  return (
    <details className="kfnb-Patch">
      <summary>{trans.__('The patch for it')}</summary>
      {/* It scrolls sideways, so the keyboard must reach it. */}
      <pre tabIndex={0} aria-label={trans.__('Patch: %1', title)}>
        {patch}
      </pre>
      <Copy text={patch} trans={trans} />
    </details>
  );
}
