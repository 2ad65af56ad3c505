"""Write the dashboards to deploy/dashboards: `python -m scripts.dashboards`."""

from scripts.dashboards.write import FOLDER, write

if __name__ == "__main__":
    write(FOLDER)
