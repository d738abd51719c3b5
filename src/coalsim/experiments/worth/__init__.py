"""What an option is worth: appraisals of a comparison, who pays and who gains, and how much of it is additional."""
