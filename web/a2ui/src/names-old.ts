// What is loaded from here on keeps its names.
import { rename } from "./names";

rename(false);
