// The styles of the pages about calls.
import "../styles/calls.css";
