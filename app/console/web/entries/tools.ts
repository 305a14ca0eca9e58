// The styles of the pages about tools.
import "../styles/tools.css";
