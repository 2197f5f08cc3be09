// The one-time link: its token is taken out of the address bar before anything else happens.

export interface Fragment {
  token: string | null;
  /** The fragment without the token, to be put back in the address bar. */
  rest: string;
}

/** Splits a location fragment. Nothing else in it is ever read: no parameter can choose which gateway to talk to. */
export function splitFragment(fragment: string): Fragment {
  const body = fragment.startsWith("#") ? fragment.slice(1) : fragment;
  if (!body.startsWith("bootstrap=")) return { token: null, rest: fragment };
  const [pair = "", ...others] = body.split("&");
  const token = decode(pair.slice("bootstrap=".length));
  const route = others.find((part) => part.startsWith("/"));
  return { token: /^[\w.~-]{8,512}$/.test(token) ? token : null, rest: route ? `#${route}` : "" };
}

/** Takes the token out of the current address, leaving no trace of it in the history. */
export function takeBootstrapToken(): string | null {
  const { token, rest } = splitFragment(location.hash);
  if (rest !== location.hash) history.replaceState(null, "", location.pathname + location.search + rest);
  return token;
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return "";
  }
}
