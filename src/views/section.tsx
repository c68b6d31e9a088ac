/** A part of the sidebar under a heading that opens and closes it. */
import * as React from 'react';
import { caretDownEmptyThinIcon } from '@jupyterlab/ui-components';

export interface SectionProps {
  /** Part of the ids of its elements. */
  name: string;
  title: string;
  /** What it comes to in two or three words, so that a closed section still tells. */
  summary?: string | undefined;
  open: boolean;
  onToggle: () => void;
  children: React.ReactNode;
}

export function Section(props: SectionProps): JSX.Element {
  const { name, title, summary, open, onToggle, children } = props;
  const body = `kfnb-${name}-body`;
  return (
    <section className="kfnb-Section" aria-labelledby={`kfnb-${name}-title`}>
      <h3 className="kfnb-Section-heading">
        <button
          type="button"
          id={`kfnb-${name}-title`}
          aria-expanded={open}
          aria-controls={body}
          onClick={onToggle}
        >
          <caretDownEmptyThinIcon.react
            className="kfnb-Section-caret"
            tag="span"
            width="16px"
            height="16px"
          />
          <span>{title}</span>
          {!open && summary ? <span className="kfnb-Section-summary">{summary}</span> : null}
        </button>
      </h3>
      <div className="kfnb-Section-body" id={body} hidden={!open}>
        {open ? children : null}
      </div>
    </section>
  );
}
