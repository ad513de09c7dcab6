import { Component } from "preact";

/** A component that is drawn anew only where one of its properties is another value: for rows of long lists. */
export abstract class PureComponent<Props extends object> extends Component<Props> {
  override shouldComponentUpdate(next: Props): boolean {
    const names = Object.keys(next) as (keyof Props)[];
    return names.some((name) => !Object.is(next[name], this.props[name]));
  }
}
