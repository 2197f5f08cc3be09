// Both versions of the library give the same names to different elements, and a page has one list of names. While the
// newer version is loaded, its elements get names of their own.
import { rename } from "./names";

rename(true);
