// Before the page is painted: light or dark, as chosen here or as the system has it.
import { applied } from "../shared/theme";

applied();
